import { afterEach } from '@jest/globals';

/** Takes what is to be closed after the test, the last one first, and returns it. */
export function closingAfterEach() {
  const toClose: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const closable of toClose.splice(0).reverse()) await closable.close();
  });
  return <T extends { close(): unknown }>(closable: T): T => {
    toClose.push(closable);
    return closable;
  };
}
