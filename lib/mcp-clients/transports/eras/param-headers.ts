import { LRUCache } from 'lru-cache';
import { isJsonObject } from '../../../json/raw-json.ts';
import type { McpTool } from '../../mcp-connector.ts';
import { headerValue } from './header-value.ts';

/** A parameter of a tool that a header repeats: where it is in the arguments, and the name of the header. */
interface Mirrored {
  path: readonly string[];
  header: string;
}

const ANNOTATION = 'x-mcp-header';
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: readonly unknown[] = ['string', 'integer', 'boolean'];
/** Schemas come from our parser, which bounds how deeply they are nested; this bounds the stack. */
const MAX_DEPTH = 100;
const MAX_CONNECTIONS = 500;

/** The parameters that headers repeat, by tool, as far as this process has read the tools of a connection. */
export class ParamHeaders {
  private readonly known = new LRUCache<string, ReadonlyMap<string, readonly Mirrored[]>>({ max: MAX_CONNECTIONS });

  /** The tools that may be used: the protocol wants those left out whose annotations break its rules. */
  learn(connectionId: string, tools: readonly McpTool[]): McpTool[] {
    const read = tools.map((tool) => [tool, mirroredIn(tool.inputSchema)] as const);
    const annotated = read.flatMap(([{ name }, mirrored]) => (mirrored?.length ? [[name, mirrored] as const] : []));
    this.known.set(connectionId, new Map(annotated));
    return read.flatMap(([tool, mirrored]) => (mirrored === undefined ? [] : [tool]));
  }

  headersFor(connectionId: string, tool: string, args: Record<string, unknown>): Record<string, string> {
    const mirrored = this.known.get(connectionId)?.get(tool) ?? [];
    return Object.fromEntries(
      mirrored.flatMap(({ path, header }) => {
        const text = textOf(path.reduce<unknown>((value, name) => memberOf(value, name), args));
        return text === undefined ? [] : [[`mcp-param-${header}`, headerValue(text)]];
      }),
    );
  }
}

/** Nothing where an annotation breaks the rules. */
function mirroredIn(schema: unknown): readonly Mirrored[] | undefined {
  const all: Mirrored[] = [];
  const seen = new Set<string>();
  const isSound = (node: unknown, path: readonly string[], isReachable: boolean, depth = 0): boolean => {
    if (typeof node !== 'object' || node === null) return true;
    if (depth > MAX_DEPTH) return false;
    if (Array.isArray(node)) return node.every((item) => isSound(item, path, false, depth + 1));
    const { [ANNOTATION]: header, ...rest } = node as Record<string, unknown>;
    if (header !== undefined) {
      if (!isReachable || path.length === 0 || typeof header !== 'string' || !TOKEN.test(header)) return false;
      if (!TYPES.includes(rest.type) || seen.has(header.toLowerCase())) return false;
      seen.add(header.toLowerCase());
      all.push({ path, header: header.toLowerCase() });
    }
    return Object.entries(rest).every(([keyword, value]) => {
      if (DATA.has(keyword)) return true;
      if (keyword !== 'properties' || !isJsonObject(value)) return isSound(value, path, false, depth + 1);
      return Object.entries(value).every(([name, child]) => isSound(child, [...path, name], isReachable, depth + 1));
    });
  };
  return isSound(schema, [], true) ? all : undefined;
}

/** What is in these is no schema. */
const DATA = new Set(['default', 'const', 'enum', 'examples']);

const memberOf = (value: unknown, name: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** Numbers beyond what JavaScript holds exactly have no header. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return undefined;
}
