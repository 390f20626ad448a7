import { ContentionError, ValidationError } from '../../errors.ts';
import { RangeNotSatisfiableError } from '../../workspaces/file-errors.ts';
import { MAX_TRANSFER_BYTES } from '../../workspaces/files/file-content.ts';
import { limitsOf, type CallLimits } from './call-limits.ts';
import { copyOfInput } from './client-input.ts';
import { NoAnswerError } from './http-sender.ts';
import { mayBeRepeated, repeated } from './repetition.ts';
import { UnexpectedAnswerError } from './unexpected-answer.ts';

const MAX_RESTARTS = 3;
/** Of one part; with the pauses about six seconds. */
const ATTEMPTS = 8;

/** How far a transfer is, in bytes. */
export interface Progress {
  transferred: number;
  total: number;
}

interface Transfer {
  sessionId: string;
  /** Either this or `encodedPath`. */
  path?: string;
  /** The percent-encoded bytes of a path whose names are not all UTF-8. */
  encodedPath?: string;
  onProgress?: (progress: Progress) => void;
}

/** A file of any size. What is in memory goes as `Uint8Array`, a file of the disk as `await openAsBlob(path)`. */
export interface Upload extends Transfer {
  content: Uint8Array | Blob;
  /** Only if the file is still the one with this tag; `'*'`: only if there is one. */
  ifMatch?: string;
  /** `'*'`: only if there is none. */
  ifNoneMatch?: '*';
  /** Its permissions, in octal digits: `755`. Else it keeps those of the file that it replaces, or gets 600. */
  mode?: string;
}

export interface Download extends Transfer {
  /** Only if the file is the one with this tag. */
  ifMatch?: string;
}

/** A part of a file. */
interface PartRead {
  content?: string;
  etag: string;
  contentRange?: string;
}

/** What is told of a file that is in its place. */
export interface InPlace {
  etag: string;
  received?: never;
}

/** The same, or how much of it has arrived. */
type PartWritten<Written> = Written | { received: number; total: number; etag?: never };

/** The operations that a transfer is made of. */
export interface FileCalls<Written extends InPlace> {
  readFile(input: {
    sessionId: string;
    path?: string;
    encodedPath?: string;
    range: string;
    ifMatch?: string;
  }): Promise<PartRead>;
  writeFile(input: {
    sessionId: string;
    path?: string;
    encodedPath?: string;
    content: string;
    contentRange?: string;
    uploadId?: string;
    mode?: string;
    ifMatch?: string;
    ifNoneMatch?: '*';
  }): Promise<PartWritten<Written>>;
}

/** Writes a file of any size: what does not fit into one request goes in parts, and is in its place with the last one. */
export async function upload<Written extends InPlace>(
  calls: Pick<FileCalls<Written>, 'writeFile'>,
  input: Upload,
  limits: CallLimits = limitsOf(undefined),
): Promise<Written> {
  const { content: source, onProgress, ...target } = copyOfInput(input) as unknown as Upload;
  if (!(source instanceof Uint8Array || source instanceof Blob)) {
    throw ValidationError.at('content', 'must be a Uint8Array or a Blob');
  }
  const blob = source instanceof Uint8Array ? new Blob([source]) : source;
  const total = blob.size;
  // What its own first attempt has written is not what the caller's condition is about.
  const isUnconditional = mayBeRepeated('writeFile', target);
  if (total <= MAX_TRANSFER_BYTES) {
    const whole = await base64Of(blob);
    const written = await partSent(() => calls.writeFile({ ...target, content: whole }), limits, isUnconditional);
    onProgress?.({ transferred: total, total });
    return written as Written;
  }
  const uploadId = crypto.randomUUID();
  let restarts = 0;
  for (let first = 0; ;) {
    const part = blob.slice(first, first + MAX_TRANSFER_BYTES);
    const contentRange = `bytes ${first}-${first + part.size - 1}/${total}`;
    const content = await base64Of(part);
    const isLast = first + part.size === total;
    const sent = partSent(
      () => calls.writeFile({ ...target, content, contentRange, uploadId }),
      limits,
      isUnconditional || !isLast,
    );
    const answer = await sent.catch((thrown: unknown) => {
      // The answer to an earlier part was lost, or what had arrived was swept away: on from what is there.
      if (restarts++ < MAX_RESTARTS) return receivedOf(thrown);
      throw thrown;
    });
    const transferred = answer.received ?? total;
    onProgress?.({ transferred, total });
    if (answer.etag !== undefined) return answer;
    first = transferred;
  }
}

/** A part again where the server was busy, or did not answer and doing it twice changes nothing. */
async function partSent<T>(call: () => Promise<T>, limits: CallLimits, alsoWithoutAnswer = true): Promise<T> {
  const isPassing = (thrown: unknown) =>
    thrown instanceof ContentionError || (alsoWithoutAnswer && thrown instanceof NoAnswerError);
  return repeated(call, { attempts: ATTEMPTS, isPassing, limits });
}

/** What a refused part should have followed; whatever else was thrown is thrown on. */
function receivedOf(thrown: unknown): { received: number; total: number; etag?: never } {
  const { received, total } = thrown instanceof RangeNotSatisfiableError ? thrown.details : {};
  if (typeof received !== 'number' || typeof total !== 'number') throw thrown;
  return { received, total };
}

/** Reads a file of any size, part by part. All parts are of one state of it: `PreconditionFailedError` otherwise. */
export async function* download(
  calls: Pick<FileCalls<never>, 'readFile'>,
  input: Download,
  limits: CallLimits = limitsOf(undefined),
): AsyncGenerator<Uint8Array, void, undefined> {
  const { onProgress, ifMatch, ...source } = copyOfInput(input) as unknown as Download;
  let etag = ifMatch;
  let transferred = 0;
  let total: number;
  do {
    const range = `bytes=${transferred}-`;
    const read = () => calls.readFile({ ...source, range, ...(etag !== undefined && { ifMatch: etag }) });
    const answer = await nextPart(() => partSent(read, limits));
    if (!answer) {
      onProgress?.({ transferred: 0, total: 0 });
      return;
    }
    ({ etag } = answer);
    total = totalOf(answer);
    const bytes = Buffer.from(answer.content ?? '', 'base64');
    if (bytes.length === 0) throw new UnexpectedAnswerError(`The file ended after ${transferred} of ${total} bytes.`);
    transferred += bytes.length;
    yield bytes;
    onProgress?.({ transferred, total });
  } while (transferred < total);
}

/** Nothing: the file is empty, and so has no range. */
async function nextPart(read: () => Promise<PartRead>): Promise<PartRead | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof RangeNotSatisfiableError && thrown.details.size === 0) return undefined;
    throw thrown;
  }
}

function totalOf({ contentRange = '' }: PartRead): number {
  const [, total] = /\/(\d+)$/.exec(contentRange) ?? [];
  if (total === undefined) throw new UnexpectedAnswerError('The answer does not say which part of the file it is.');
  return Number(total);
}

async function base64Of(blob: Blob): Promise<string> {
  return Buffer.from(await blob.arrayBuffer()).toString('base64');
}
