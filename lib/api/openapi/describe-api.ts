let document: Record<string, unknown> | undefined;

/** The OpenAPI document, made when it is first asked for: nobody else waits for it. */
export async function describeApi(): Promise<Record<string, unknown>> {
  const { openApiDocument } = await import('./openapi-document.ts');
  return (document ??= openApiDocument());
}
