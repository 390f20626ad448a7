import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Manifest {
  name: string;
  version: string;
  license?: string;
}

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The licenses of the packages that bundles were made of, as their source maps name them, each text once. */
export function thirdPartyLicenses(bundles: string[]): string {
  const packages = new Set(bundles.flatMap(packagesOf));
  const namesByText = new Map<string, string[]>();
  for (const directory of [...packages].sort()) {
    const { name, version, license } = JSON.parse(
      readFileSync(path.join(directory, 'package.json'), 'utf8'),
    ) as Manifest;
    const files = readdirSync(directory).filter((file) => /^(licen[cs]e|notice)\b/i.test(file));
    const text = files.map((file) => readFileSync(path.join(directory, file), 'utf8').trim()).join('\n\n');
    if (text === '' && license === undefined) throw new Error(`${name} ${version} has no license.`);
    const sameText = namesByText.get(text || `License: ${license}`) ?? [];
    namesByText.set(text || `License: ${license}`, [...sameText, `${name} ${version}`]);
  }
  return [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

/** Their directories. */
function packagesOf(bundle: string): string[] {
  const maps = readdirSync(bundle).filter((file) => file.endsWith('.map'));
  const sources = maps.flatMap((file) => {
    const map = JSON.parse(readFileSync(path.join(bundle, file), 'utf8')) as { sources: string[] };
    return map.sources.map((source) => path.resolve(bundle, source));
  });
  return sources.flatMap((source) => PACKAGE.exec(source) ?? []);
}
