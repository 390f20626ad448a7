import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Part of the functions' bundles only: stacks name the lines of the source. Node's own way reads every map when a function
 * starts; this one when a stack is first looked at, which most functions never do.
 */
const maps = new Map<string, SourceMap | undefined>();

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) {
    const file = url.startsWith('file:') ? `${fileURLToPath(url)}.map` : '';
    const map = existsSync(file)
      ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
      : undefined;
    maps.set(url, map);
  }
  return maps.get(url);
}

/** A call, as Node itself writes it, where there is no map. */
function inSource(call: NodeJS.CallSite & { toString(): string }): string {
  const [url, line, column] = [call.getFileName() ?? '', call.getLineNumber() ?? 1, call.getColumnNumber() ?? 1];
  const text = call.toString();
  const origin = mapOf(url)?.findOrigin(line, column);
  if (!origin || !('fileName' in origin)) return text;
  const source = origin.fileName.replace(/^(\.\.\/)+/, '');
  return text.replace(`${url}:${line}:${column}`, `${source}:${origin.lineNumber}:${origin.columnNumber}`);
}

Error.prepareStackTrace = (error, calls) => [String(error), ...calls.map(inSource)].join('\n    at ');
