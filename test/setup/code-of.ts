/** The code that `work` fails with, what is thrown without a code as text, or `done`. */
export const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (thrown: unknown) => (thrown as { code?: string } | undefined)?.code ?? String(thrown),
  );
