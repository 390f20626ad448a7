import { agentTokenRoutes } from '../agent-tokens/agent-token-routes.ts';
import { limitRoutes } from '../limits/limit-routes.ts';
import { mcpClientRoutes } from '../mcp-clients/mcp-client-routes.ts';
import type { CallerSource, InvokedOnly, Route } from '../operations/route.ts';
import { promptLayerRoutes } from '../prompts/prompt-layer-routes.ts';
import { systemPromptRoutes } from '../prompts/system-prompt-routes.ts';
import { reconcileRoutes } from '../reconcile/reconcile-routes.ts';
import { sessionRoutes } from '../sessions/session-routes.ts';
import { accessRoutes } from '../workspaces/access-points/access-routes.ts';
import { directoryRoutes } from '../workspaces/directory-routes.ts';
import { fileRoutes } from '../workspaces/file-routes.ts';
import { moveRoutes } from '../workspaces/moves/move-routes.ts';
import type { OperationName } from './operations.ts';
import { serviceRoutes } from './service-routes.ts';

/** In the order in which the stack makes them. */
const rows = {
  ...sessionRoutes,
  ...agentTokenRoutes,
  ...reconcileRoutes,
  ...systemPromptRoutes,
  ...mcpClientRoutes,
  ...accessRoutes,
  ...fileRoutes,
  ...moveRoutes,
  ...directoryRoutes,
  ...promptLayerRoutes,
  ...limitRoutes,
  ...serviceRoutes,
};

/** The rows as they stand: types of inputs and outputs are made of them. */
export type RouteRows = typeof rows;

/** How each operation is reached: without a row of one, this is not compiled. */
export const routeRows: Readonly<Record<OperationName, Route | InvokedOnly>> = rows;

/** Whether an operation's output says `existed`, where HTTP says it by the status. */
export const tellsExisted = (operation: string): boolean =>
  Object.hasOwn(rows, operation) && 'tellsExisted' in routeRows[operation as OperationName];

/** The operations that have a route. */
export type HttpOperationName = {
  [Name in OperationName]: (typeof rows)[Name] extends InvokedOnly ? never : Name;
}[OperationName];

/** A route, whose it is, and where its caller comes from. */
export interface NamedRoute extends Route {
  operation: HttpOperationName;
  from: CallerSource;
}

/** The one list of all routes: one for each operation that HTTP reaches. Clients and the description of the API read it. */
export const routes: readonly NamedRoute[] = Object.entries<Route | InvokedOnly>(routeRows).flatMap(
  ([operation, row]) =>
    'invokedOnly' in row ? [] : [{ ...row, operation: operation as HttpOperationName, from: row.from ?? 'caller' }],
);

const OF_SESSION = '/sessions/{sessionId}';
/** No route of an agent names a session: its token does. */
const agentPath = (path: string): string =>
  path === OF_SESSION ? '/agent/session' : path.replace(OF_SESSION, '/agent');

/** The operations that the agent of a session has, by the same rows. */
export const agentRoutes: readonly NamedRoute[] = routes.flatMap((route) =>
  route.agent === undefined ? [] : [{ ...route, path: agentPath(route.path), from: 'agent' as const }],
);

type Key = Pick<Route, 'method' | 'path'>;
const isHead = ({ method }: Key) => method === 'HEAD';
const withHeads = (some: readonly NamedRoute[]): readonly NamedRoute[] => [
  ...some,
  ...some
    .filter(({ method, path }) => method === 'GET' && !some.some((route) => isHead(route) && route.path === path))
    .map((route): NamedRoute => ({ ...route, method: 'HEAD' })),
];

/**
 * What the stack and the local server serve: `HEAD` wherever there is `GET`. Where no row says what it does, it is the same
 * operation for the same callers, whose answer goes without its body.
 */
export const servedRoutes: readonly NamedRoute[] = [...withHeads(routes), ...withHeads(agentRoutes)];

/** As API Gateway names it in an event. */
export const routeKey = ({ method, path }: Key): string => `${method} ${path}`;
