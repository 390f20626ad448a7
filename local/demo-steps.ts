const REQUEST_MS = 30_000;
const KEPT_CHARACTERS = 2_000;

/** Tells a story step by step, and keeps what came back last, for the case that it is not what the story says. */
export class DemoSteps {
  baseUrl = '';
  private readonly headers: Record<string, string>;
  private readonly signal: AbortSignal;
  private count = 0;
  private title = '';
  private lastReply = 'nothing';

  constructor(headers: Record<string, string>, signal: AbortSignal) {
    this.headers = headers;
    this.signal = signal;
  }

  begin(title: string): void {
    this.signal.throwIfAborted();
    this.title = title;
    this.lastReply = 'nothing';
    console.log(`\n${String(++this.count).padStart(2)}. ${title}`);
  }

  tell(line: string): void {
    console.log(`    ${line}`);
  }

  /** Sends a request to our API; throws unless it is answered with that status. */
  async request<T>(status: number, method: string, path: string, body?: unknown): Promise<T> {
    this.lastReply = `no answer to ${method} ${path}`;
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { ...this.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(REQUEST_MS)]),
    });
    const text = await response.text();
    this.lastReply = `${method} ${path} → ${response.status} ${text.slice(0, KEPT_CHARACTERS)}`;
    this.tell(`${method} ${path} → ${response.status}`);
    this.expect(response.status === status, `the status to be ${status}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  expect(holds: boolean, what: string, found?: unknown): void {
    if (found !== undefined) this.lastReply = JSON.stringify(found);
    if (!holds) throw new Error(`Expected ${what}.`);
  }

  /** Which step failed, why, and what came back. */
  explain(thrown: unknown): string {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return `FAILED in step ${this.count}, "${this.title}": ${reason}\n    What came back: ${this.lastReply}`;
  }
}
