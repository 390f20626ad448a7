import { config } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

/** What schemas say is wrong, in words: `zod/mini` brings none of its own. */
config(en());
