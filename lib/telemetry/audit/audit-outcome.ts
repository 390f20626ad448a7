import { ERRORS, type ErrorCode } from '../../error-catalogue.ts';

/** Of failures that are the fault of this system or of an MCP server. All other codes are of refusals. */
export type FailureCode = {
  [Code in ErrorCode]: (typeof ERRORS)[Code]['outcome'] extends 'failure' ? Code : never;
}[ErrorCode];

type RefusalCode = Exclude<ErrorCode, FailureCode>;
/** What a refusal is about. */
export type RefusalKind = (typeof ERRORS)[RefusalCode]['outcome'];

const isFailure = (code: ErrorCode): code is FailureCode => ERRORS[code].outcome === 'failure';
const isRefusal = (code: ErrorCode): code is RefusalCode => !isFailure(code);

const codes = Object.keys(ERRORS) as ErrorCode[];
export const FAILURE_CODES: readonly FailureCode[] = codes.filter(isFailure);
export const REFUSAL_CODES: readonly RefusalCode[] = codes.filter(isRefusal);
export const REFUSAL_KINDS: readonly RefusalKind[] = [...new Set(REFUSAL_CODES.map((code) => ERRORS[code].outcome))];

/** How an operation ended that threw an error with this code. */
export function outcomeOf(code: ErrorCode) {
  return isFailure(code)
    ? ({ result: 'failed', code } as const)
    : ({ result: 'refused', code, refusal: ERRORS[code].outcome } as const);
}
