import type { OutputOf } from '../../api/operations.ts';
import { columns, fields } from '../cli-run.ts';
import { jsonLine, visibleLines } from '../visible.ts';

type McpClient = OutputOf<'getMcpClient'>;
type Tools = OutputOf<'listMcpTools'>['tools'];
type ToolResult = OutputOf<'callMcpTool'>;

const SHOWN_OF_DESCRIPTION = 80;

export function clientFields({ serverInfo, ...client }: McpClient): string {
  return fields({ ...client, serverInfo: `${serverInfo.name} ${serverInfo.version}` });
}

export function clientColumns(clients: McpClient[]): string {
  const rows = clients.map(({ id, name, type, endpoint, command, serverInfo, connectedAt }) => [
    id,
    name,
    type,
    endpoint ?? command,
    `${serverInfo.name} ${serverInfo.version}`,
    connectedAt,
  ]);
  return columns(['ID', 'NAME', 'TYPE', 'WHERE', 'SERVER', 'CONNECTED'], rows);
}

export function toolColumns(tools: Tools): string {
  const rows = tools.map(({ name, description }) => [
    name,
    typeof description === 'string' ? shortened(description) : '',
  ]);
  return columns(['NAME', 'DESCRIPTION'], rows);
}

/** As the server wrote it: each may be anything. */
interface Part {
  type?: unknown;
  text?: unknown;
  mimeType?: unknown;
}

/** What the tool said, as text; what is no text is named. */
export function toolText({ content, structuredContent }: ToolResult): string {
  const parts = Array.isArray(content) ? (content as (Part | null)[]) : [];
  if (parts.length === 0 && structuredContent !== undefined) return jsonLine(structuredContent);
  return visibleLines(parts.map(partText).join('\n'));
}

function partText(part: Part | null): string {
  const { type, text, mimeType } = part ?? {};
  return text === undefined ? `[${[type, mimeType].filter(Boolean).map(plainText).join(' ')}]` : plainText(text);
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : jsonLine(value));

function shortened(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > SHOWN_OF_DESCRIPTION ? `${line.slice(0, SHOWN_OF_DESCRIPTION - 1)}…` : line;
}
