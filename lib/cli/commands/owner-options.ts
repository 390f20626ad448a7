/** Whose things an admin or operator means. */
export const OWNER = {
  'of-user': { type: 'string', description: 'Of this user instead (admin)' },
  'of-org': { type: 'string', description: 'Of this organisation instead (operator)' },
} as const;

/** The id of a session, or of what it has: the place of an argument says which. */
export const NEEDED_ID = { type: 'string', demandOption: true } as const;

interface OwnerOptions {
  ofUser: string | undefined;
  ofOrg: string | undefined;
}

export const ownerOf = ({ ofUser, ofOrg }: OwnerOptions) => ({ userId: ofUser, orgId: ofOrg });

/** Where a prompt layer or a limit holds. */
export const SCOPE = { choices: ['global', 'org', 'user'] as const, demandOption: true } as const;
