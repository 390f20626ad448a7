import { limitRoutes } from '../limits/limit-routes.ts';
import { mcpClientRoutes } from '../mcp-clients/mcp-client-routes.ts';
import type { InvokedOnly, Route } from '../operations/route.ts';
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

/** A route, and whose it is. */
export interface NamedRoute extends Route {
  operation: HttpOperationName;
}

/** The one list of all routes: one for each operation that HTTP reaches. Clients and the description of the API read it. */
export const routes: readonly NamedRoute[] = Object.entries<Route | InvokedOnly>(routeRows).flatMap(
  ([operation, row]) => ('invokedOnly' in row ? [] : [{ ...row, operation: operation as HttpOperationName }]),
);

const isHead = ({ method }: Route) => method === 'HEAD';
const headRoutes = routes
  .filter(({ method, path }) => method === 'GET' && !routes.some((route) => isHead(route) && route.path === path))
  .map((route): NamedRoute => ({ ...route, method: 'HEAD' }));

/**
 * What the stack and the local server serve: `HEAD` wherever there is `GET`. Where no row says what it does, it is the same
 * operation for the same callers, whose answer goes without its body.
 */
export const servedRoutes: readonly NamedRoute[] = [...routes, ...headRoutes];

/** As API Gateway names it in an event. */
export const routeKey = ({ method, path }: Route): string => `${method} ${path}`;
