interface OwnNode {
  execPath: string;
  versions: { node: string };
}

/** The Node that bundles: the pinned one, which is the functions' own release. Where npm has none, only a Node 24 may. */
export function bundlingNode(own: OwnNode, pinned: () => string): string {
  try {
    return pinned();
  } catch (thrown) {
    if (own.versions.node.startsWith('24.')) return own.execPath;
    throw new Error(`Bundling the functions needs Node 24, and this is ${own.versions.node}.`, { cause: thrown });
  }
}
