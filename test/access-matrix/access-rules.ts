import type { Expected, Outcome } from './callers.ts';

const expected = (...outcomes: Outcome[]): Expected => {
  const [none, owner, colleague, namesake, outsider, admin, foreignAdmin, operator, invoker] = outcomes;
  const callers = { none, owner, colleague, namesake, outsider, admin, foreignAdmin, operator, invoker };
  return { ...callers, ...NO_AGENTS } as Expected;
};
/** A session token names no caller where an operation has no route for agents. */
const NO_AGENTS = { agent: 'unauthorized', idleAgent: 'unauthorized', foreignAgent: 'unauthorized' } as const;
const EVERY_TOKEN = { agent: 'yes', idleAgent: 'yes', foreignAgent: 'elsewhere' } as const;
const WITH_SCOPE = { ...EVERY_TOKEN, idleAgent: 'forbidden' } as const;

const [yes, own, hidden, forbidden, invalid, absent, nobody] = [
  'yes',
  'own',
  'hidden',
  'forbidden',
  'invalid',
  'absent',
  'unauthorized',
] as const;

// prettier-ignore
export const RULES = {
  //                       none    owner      colleague  namesake   outsider   admin      foreignAdmin operator invoker
  openToAll:      expected(yes,    yes,       yes,       yes,       yes,       yes,       yes,         yes,     yes),
  ofSession:      expected(nobody, yes,       hidden,    hidden,    hidden,    yes,       hidden,      yes,     yes),
  owners:         expected(nobody, yes,       hidden,    hidden,    hidden,    forbidden, hidden,      forbidden, forbidden),
  forOneself:     expected(nobody, own,       own,       own,       own,       own,       own,         own,     invalid),
  onesOwn:        expected(nobody, yes,       own,       own,       own,       own,       own,         own,     invalid),
  speaksForAda:   expected(nobody, yes,       forbidden, forbidden, forbidden, yes,       forbidden,   yes,     yes),
  speaksForAcme:  expected(nobody, forbidden, forbidden, forbidden, forbidden, yes,       forbidden,   yes,     yes),
  admins:         expected(nobody, forbidden, forbidden, forbidden, forbidden, yes,       yes,         yes,     yes),
  operators:      expected(nobody, forbidden, forbidden, forbidden, forbidden, forbidden, forbidden,   yes,     yes),
  adaInOwnOrg:    expected(nobody, yes,       forbidden, own,       forbidden, yes,       own,         own,     yes),
  ownOrg:         expected(nobody, forbidden, forbidden, forbidden, forbidden, yes,       own,         own,     invalid),
  ownOrgsLayer:   expected(nobody, forbidden, forbidden, forbidden, forbidden, yes,       absent,      absent,  invalid),
  ownOrgsCleanup: expected(nobody, forbidden, forbidden, forbidden, forbidden, yes,       own,         yes,     yes),
  ownUsage:       expected(nobody, own,       own,       own,       own,       own,       own,         yes,     yes),
} satisfies Record<string, Expected>;
export const ANYONE: Expected = { ...RULES.openToAll, agent: yes, idleAgent: yes, foreignAgent: yes };
export const EVERY_AGENT: Expected = { ...RULES.ofSession, ...EVERY_TOKEN };
export const AGENT_WITH_SCOPE: Expected = { ...RULES.ofSession, ...WITH_SCOPE };
