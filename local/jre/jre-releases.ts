/** A Java runtime for one platform. */
export interface JreRelease {
  version: string;
  file: string;
  sha256: string;
  /** Where in it `java` is. */
  bin: string;
}

/** Where Eclipse Temurin is published; `JRE_DOWNLOAD_URL` names a mirror of this folder. */
export const JRE_DOWNLOADS = 'https://github.com/adoptium/temurin21-binaries/releases/download/jdk-21.0.12.1%2B1';

const VERSION = '21.0.12.1+1';
const ON_MAC = 'Contents/Home/bin';

const release = (platform: string, sha256: string, bin = 'bin'): JreRelease => ({
  version: VERSION,
  file: `OpenJDK21U-jre_${platform}_hotspot_21.0.12.1_1.tar.gz`,
  sha256,
  bin,
});

/** By Node's names of platforms. Linux with musl is not among them: neither DynamoDB Local nor file locks run on it. */
const RELEASES: Readonly<Record<string, JreRelease>> = {
  'linux-x64': release('x64_linux', '2413149700df0f7d440500a84a8f764c535f21e5a5e87d38328b64eec2c5b500'),
  'linux-arm64': release('aarch64_linux', '14be1f35ebdbd1f6e8d57eb911a3ffb74d6d9aa255abc5daf2b1302002cf2cf2'),
  'darwin-x64': release('x64_mac', '6717ec641fd9ce0bb209ca083ee23b42202ac68cb6fcc5753496e0e4a0f41989', ON_MAC),
  'darwin-arm64': release('aarch64_mac', 'dec50fc6f9fcd4fe3ae8cabf5a5fa68f6afc48841f7698e468e9aa5d54beed84', ON_MAC),
};

/** For this machine, if there is one. */
export function jreRelease(): JreRelease | undefined {
  if (process.platform === 'linux' && !isGlibc()) return undefined;
  return RELEASES[`${process.platform}-${process.arch}`];
}

function isGlibc(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
}
