/** What bounds a body while it is read. */
export interface BodyBounds {
  maxBytes: number;
  /** The error for a body with more bytes, after which nothing more is read. */
  tooLarge: () => Error;
  /** The error that the reader receives instead of that of the source. */
  failure: (thrown: unknown) => Error;
  /** Once, when the body has ended, however it did. */
  ended: (failure?: Error) => void;
}

/** The same bytes, read from `source` only as they are asked for, until there are too many. */
export function boundedBody(
  source: ReadableStream<Uint8Array>,
  { maxBytes, tooLarge, failure, ended }: BodyBounds,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let bytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            ended();
            return controller.close();
          }
          bytes += value.byteLength;
          if (bytes > maxBytes) throw tooLarge();
          controller.enqueue(value);
        } catch (thrown) {
          const error = failure(thrown);
          ended(error);
          controller.error(error);
          reader.cancel(error).catch(() => undefined);
        }
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
