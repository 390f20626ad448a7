import { NotAvailableError } from '../../errors.ts';
import type { SecretBox } from './secret-box.ts';

const refuse = async () => {
  throw new NotAvailableError('Sealing secrets in this function');
};

/** For functions that have nothing to do with secrets, so that they need no key. */
export const secretsUnavailable: SecretBox = { seal: refuse, open: refuse };
