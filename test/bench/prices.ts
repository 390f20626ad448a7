import { readFileSync } from 'node:fs';
import path from 'node:path';

const { prices, asOf, region } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'prices.json'), 'utf8')) as {
  asOf: string;
  region: string;
  prices: Record<string, { dollars: number; per: number; source: string }>;
};

/** Which prices they are. */
export const PRICES_OF = `${region}, ${asOf}`;

/** What one unit costs, in dollars. */
export function priceOf(unit: string): number {
  const price = prices[unit];
  if (!price) throw new Error(`prices.json has no price of ${unit}.`);
  return price.dollars / price.per;
}
