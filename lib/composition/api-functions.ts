import type { Services } from '../api/door-services.ts';
import { APPLICATION } from '../identity.ts';
import type { Config } from '../configuration.ts';
import type { DynamoTable } from '../table/dynamo-table.ts';
import { SessionManager } from '../sessions/session-manager.ts';
import { AccessCheck } from '../workspaces/access-points/access-check.ts';
import { RootCheck } from '../workspaces/root/root-check.ts';
import { WorkspaceRootStore } from '../workspaces/root/workspace-root-store.ts';
import { Workspaces } from '../workspaces/workspaces.ts';
import { madeAtStart } from './made-at-start.ts';
import { materialsFrom, type Loaded } from './materials.ts';
import { sessionManagerParts, type SessionManagerOptions } from './session-manager-parts.ts';

/** What a function of the API is given. */
export interface ApiFunctionParts extends Loaded {
  describeApi?: () => Promise<object>;
}

/** Compares the workspace root with the table's, once. */
export const rootCheck = ({ workspaceRoot }: Config, table: DynamoTable): (() => Promise<void>) =>
  new RootCheck(workspaceRoot, new WorkspaceRootStore(table)).pass;

/** What a session manager is made of, from the environment. */
export function optionsFrom(env: NodeJS.ProcessEnv, loaded: Loaded) {
  const { config, ...materials } = materialsFrom(env, loaded);
  return {
    ...materials,
    workspaces: new Workspaces(config.workspaceRoot, rootCheck(config, materials.table)),
    settings: config,
  } satisfies SessionManagerOptions;
}

/** Puts a function of the API together from the environment. No I/O. */
export function createServices(env: NodeJS.ProcessEnv, { describeApi, ...loaded }: ApiFunctionParts): Services {
  const options = optionsFrom(env, loaded);
  const parts = sessionManagerParts(options);
  return {
    config: options.settings,
    log: options.log,
    audit: parts.audit,
    manager: new SessionManager(parts.manager, APPLICATION),
    agents: parts.agents,
    accessCheck: new AccessCheck(parts),
    describeApi,
  };
}

export const lazyServices = (parts: ApiFunctionParts): (() => Services) =>
  madeAtStart((env) => createServices(env, parts));
