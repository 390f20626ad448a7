import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../faults/chance.ts';

const REQUEST_MS = 60_000;
/** How long a caller stays away that was told that all seats are taken. */
const FULL_MS = 500;
const LEFT_TO_THE_SWEEP = 0.05;
/** Refusals that a caller comes again after. */
const STATED = [429, 503];

/** What happened: how often each request was answered how, and what no caller may see. */
export interface SoakCounts {
  answers: Record<string, number>;
  slowestMs: number;
  wrong: string[];
}

interface Asked {
  status: number;
  body: unknown;
}

/** One user that begins sessions, works in them and ends most, over HTTP; the rest is left to the sweep. */
export class SoakCaller {
  readonly existing = new Set<string>();
  readonly ended = new Set<string>();
  private readonly url: string;
  private readonly mcpUrl: string;
  private readonly headers: Record<string, string>;
  private readonly counts: SoakCounts;
  private readonly chance: Chance;

  constructor(name: string, url: string, mcpUrl: string, counts: SoakCounts) {
    this.url = url;
    this.mcpUrl = mcpUrl;
    this.headers = { 'x-user-id': name, 'x-org-id': 'soak' };
    this.counts = counts;
    this.chance = new Chance(name);
  }

  async until(end: number): Promise<void> {
    while (Date.now() < end) await this.life(end);
  }

  private async life(end: number): Promise<void> {
    const created = await this.ask('POST /sessions', '/sessions', { json: {} }, [201]);
    if (created?.status !== 201) return sleep(FULL_MS);
    const { id } = created.body as { id: string };
    this.existing.add(id);
    const at = `/sessions/${id}`;
    const client = { id: 'tools', type: 'http', endpoint: this.mcpUrl };
    await this.ask('POST mcp-clients', `${at}/mcp-clients`, { json: client }, [201]);
    for (let left = 4 + this.chance.below(8); left > 0 && Date.now() < end; left--) await this.use(at);
    if (this.chance.next() < LEFT_TO_THE_SWEEP) return;
    const gone = await this.ask('DELETE session', at, { method: 'DELETE' }, [204]);
    this.existing.delete(id);
    if (gone?.status === 204) this.ended.add(id);
  }

  private async use(at: string): Promise<void> {
    const file = `${at}/files?path=notes-${this.chance.below(3)}.txt`;
    switch (this.chance.below(5)) {
      case 0:
        return void (await this.ask('POST heartbeat', `${at}/heartbeat`, { method: 'POST' }, [204]));
      case 1:
        return void (await this.ask('PUT file', file, { bytes: Buffer.alloc(4_096, 'n') }, [201, 204]));
      case 2:
        return void (await this.ask('GET file', file, {}, [200, 404]));
      case 3:
        return void (await this.ask('GET session', at, {}, [200]));
      default: {
        const call = { name: 'echo', arguments: { text: 'soak' } };
        await this.ask('POST tool-calls', `${at}/mcp-clients/tools/tool-calls`, { json: call }, [200]);
      }
    }
  }

  /** Asks for something; gives nothing where no answer came. */
  async ask(
    what: string,
    path: string,
    { json, bytes, method }: { json?: object; bytes?: Buffer<ArrayBuffer>; method?: string },
    expected: readonly number[],
    more: Record<string, string> = {},
  ): Promise<Asked | undefined> {
    const type = bytes ? 'application/octet-stream' : 'application/json';
    const body = bytes ?? (json ? JSON.stringify(json) : null);
    const startedAt = performance.now();
    try {
      const response = await fetch(this.url + path, {
        method: method ?? (bytes ? 'PUT' : json ? 'POST' : 'GET'),
        headers: { ...this.headers, ...(body !== null && { 'content-type': type }), ...more },
        body,
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      const text = await response.text();
      this.note(what, response.status, expected, text);
      this.counts.slowestMs = Math.max(this.counts.slowestMs, Math.round(performance.now() - startedAt));
      const isJson = response.headers.get('content-type')?.includes('json') ?? false;
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    } catch (thrown) {
      this.counts.wrong.push(`${what}: no answer: ${String(thrown)}`);
      return undefined;
    }
  }

  private note(what: string, status: number, expected: readonly number[], text: string): void {
    const name = `${what} ${status}`;
    this.counts.answers[name] = (this.counts.answers[name] ?? 0) + 1;
    if (!expected.includes(status) && !STATED.includes(status)) this.counts.wrong.push(`${name}: ${text}`);
  }
}
