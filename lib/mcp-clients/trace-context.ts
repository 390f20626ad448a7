const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/;
const PARENT = /^[0-9a-f]{16}$/;

/**
 * The trace of an invocation, as AWS X-Ray names it (`Root=1-…;Parent=…;Sampled=1`), as a `traceparent` of W3C Trace Context.
 * Nothing where there is none.
 */
export function traceparentOf(xray = ''): string | undefined {
  const fields = new Map(xray.split(';').map((field) => [field.split('=')[0], field.split('=')[1]]));
  const [, time, id] = ROOT.exec(fields.get('Root') ?? '') ?? [];
  const parent = fields.get('Parent') ?? '';
  if (time === undefined || id === undefined || !PARENT.test(parent)) return undefined;
  return `00-${time}${id}-${parent}-${fields.get('Sampled') === '1' ? '01' : '00'}`;
}
