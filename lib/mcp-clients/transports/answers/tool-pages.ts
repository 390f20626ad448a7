import { McpConnectionError } from '../../../errors.ts';
import type { McpTool, McpToolList } from '../../mcp-connector.ts';
import { isJsonObject } from '../../../json/raw-json.ts';
import type { Given } from './rpc-message.ts';

/** Of all pages together: as much as one answer may have. */
const MAX_LIST_BYTES = 12 * 1024 * 1024;
const MAX_PAGES = 1_000;

/**
 * The tools of all pages. What can be read is read: entries without a name are left out, and so is a list that is none.
 * A cursor that was seen before ends the list, and so does a page that repeats the one before it: such servers do not
 * look at the cursor.
 */
export async function allTools(page: (cursor: string | undefined) => Promise<Given>): Promise<McpToolList> {
  const tools: McpTool[] = [];
  const hints: Hints[] = [];
  const seen = new Set<string>();
  let bytesLeft = MAX_LIST_BYTES;
  let cursor: string | undefined;
  let before: McpTool[] = [];
  for (let count = 1; count <= MAX_PAGES; count++) {
    const { given, bytes } = await page(cursor);
    bytesLeft -= bytes;
    if (bytesLeft < 0) throw new McpConnectionError(`gave lists of tools with more than ${MAX_LIST_BYTES} bytes`);
    if (!isJsonObject(given)) throw new McpConnectionError('did not speak the protocol');
    const more = toolsIn(given);
    if (isRepeated(more, before)) return { tools, ...together(hints) };
    for (const tool of more) tools.push(tool);
    hints.push(hintsIn(given));
    const { nextCursor } = given;
    if (typeof nextCursor !== 'string' || seen.has(nextCursor)) return { tools, ...together(hints) };
    seen.add(nextCursor);
    cursor = nextCursor;
    before = more;
  }
  throw new McpConnectionError(`gave more than ${MAX_PAGES} pages of tools`);
}

type Hints = Omit<McpToolList, 'tools'>;

/** A number that is negative counts as 0. */
function hintsIn({ ttlMs, cacheScope }: Record<string, unknown>): Hints {
  return {
    ...(Number.isFinite(ttlMs) && { ttlMs: Math.max(0, ttlMs as number) }),
    ...((cacheScope === 'public' || cacheScope === 'private') && { cacheScope }),
  };
}

/** A list counts no longer than the first of its pages, and is for no more than the fewest: all of them have to say so. */
function together(pages: readonly Hints[]): Hints {
  const ttls = pages.flatMap(({ ttlMs }) => ttlMs ?? []);
  const scopes = pages.flatMap(({ cacheScope }) => cacheScope ?? []);
  return {
    ...(ttls.length > 0 && { ttlMs: ttls.length < pages.length ? 0 : Math.min(...ttls) }),
    ...(scopes.length > 0 && {
      cacheScope: scopes.length === pages.length && scopes.every((scope) => scope === 'public') ? 'public' : 'private',
    }),
  };
}

function toolsIn({ tools }: Record<string, unknown>): McpTool[] {
  return Array.isArray(tools) ? tools.filter(isTool) : [];
}

const isTool = (tool: unknown): tool is McpTool => isJsonObject(tool) && typeof tool.name === 'string';

const isRepeated = (page: McpTool[], before: McpTool[]): boolean =>
  page.length > 0 && page.length === before.length && page.every(({ name }, index) => name === before[index]?.name);
