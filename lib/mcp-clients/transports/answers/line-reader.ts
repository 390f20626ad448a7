const NEWLINE = 0x0a;

/** Cuts what comes in pieces into lines of bounded length. */
export class LineReader {
  private readonly maxBytes: number;
  private pieces: Buffer[] = [];
  private bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** The lines that end in `chunk`. Throws what `tooLong` gives for one that has more bytes than are kept. */
  *lines(chunk: Buffer, tooLong: () => Error): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.keep(chunk.subarray(from, end), tooLong);
      from = end + 1;
      const line = Buffer.concat(this.pieces).toString('utf8');
      this.clear();
      yield line;
    }
    this.keep(chunk.subarray(from), tooLong);
  }

  /** What came after the last line: a line too, where nothing follows. */
  rest(): string {
    const rest = Buffer.concat(this.pieces).toString('utf8');
    this.clear();
    return rest;
  }

  clear(): void {
    this.pieces = [];
    this.bytes = 0;
  }

  private keep(piece: Buffer, tooLong: () => Error): void {
    this.bytes += piece.byteLength;
    if (this.bytes > this.maxBytes) throw tooLong();
    this.pieces.push(piece);
  }
}
