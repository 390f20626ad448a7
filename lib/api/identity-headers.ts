/** By which callers that sign their requests say for whom they act: user, organisation, role. */
export const IDENTITY_HEADERS = ['x-user-id', 'x-org-id', 'x-role'] as const;
