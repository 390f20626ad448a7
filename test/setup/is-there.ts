import { stat } from 'node:fs/promises';

/** Whether a path leads to anything. */
export const isThere = (at: string): Promise<boolean> =>
  stat(at).then(
    () => true,
    () => false,
  );
