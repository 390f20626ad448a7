/** Something a person can put right, said in a sentence; no stack is shown for it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
