import { config } from 'zod/mini';
import { en } from 'zod/locales';

/** What schemas say is wrong, in words: `zod/mini` brings none of its own. */
config(en());

/** Made at the first call, and kept: all schemas together would be a quarter of the time in which a function starts. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
