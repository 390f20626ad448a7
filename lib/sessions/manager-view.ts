import type { Caller } from '../identity.ts';
import type { ManagerParts } from '../composition/session-manager-parts.ts';

/** What `as` makes a manager of. The package does not export it: only `as` says for whom a manager acts. */
export class ManagerView {
  readonly parts: ManagerParts;
  readonly caller: Caller;

  constructor(parts: ManagerParts, caller: Caller) {
    this.parts = parts;
    this.caller = caller;
  }
}
