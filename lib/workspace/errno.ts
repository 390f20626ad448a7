/** True if the thrown value is a system error with one of these codes (`ENOENT`, …). */
export function hasErrno(thrown: unknown, ...codes: string[]): boolean {
  return thrown instanceof Error && codes.includes((thrown as NodeJS.ErrnoException).code ?? '');
}
