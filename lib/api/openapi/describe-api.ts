let document: Promise<Record<string, unknown>> | undefined;

/** The OpenAPI document, made when it is first asked for: nobody else waits for it. */
export function describeApi(): Promise<Record<string, unknown>> {
  return (document ??= import('./openapi-document.ts').then(({ openApiDocument }) => openApiDocument()));
}
