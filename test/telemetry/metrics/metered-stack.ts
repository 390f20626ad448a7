import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, jest } from '@jest/globals';
import { SERVICE } from '../../../lib/telemetry/metrics/metric-catalogue.ts';
import { newStack, TestClock, type TestStack } from '../../setup/test-stack.ts';
import { captureStdout, identityOf, type SentMetric } from './emf.ts';

export const NAMESPACE = 'Test-Sessions';
export const UNKNOWN = '01a2045b-8d44-72e6-97c0-cb9917303a81';
/** Of an operation with this result, in short. */
export const durationOf = (result: string) => ({ [`OperationDuration Result=${result}`]: expect.any(Number) });

/** `Name dimension=value`: value, of metrics. */
export const inShort = (sent: SentMetric[]): Record<string, number> =>
  Object.fromEntries(sent.map(({ name, dimensions, value }) => [identityOf(name, withoutService(dimensions)), value]));

const withoutService = ({ service, ...others }: Record<string, string>): Record<string, string> => {
  expect(service).toBe(SERVICE);
  return others;
};

/** A stack that sends metrics, and what it writes on stdout. */
export class MeteredStack {
  static readonly touchSeconds = 60;
  static readonly inactivitySeconds = 600;
  readonly stack: TestStack;
  readonly clock: TestClock;
  stdout = captureStdout();

  private constructor(stack: TestStack, clock: TestClock) {
    this.stack = stack;
    this.clock = clock;
  }

  static async start(env: Record<string, string> = {}): Promise<MeteredStack> {
    const clock = new TestClock();
    const preset = {
      METRICS_NAMESPACE: NAMESPACE,
      TOUCH_INTERVAL_SECONDS: `${MeteredStack.touchSeconds}`,
      INACTIVITY_SECONDS: `${MeteredStack.inactivitySeconds}`,
    };
    return new MeteredStack(await newStack({ ...preset, ...env }, clock), clock);
  }

  async stop(): Promise<void> {
    this.stdout.stop();
    await this.stack.close();
  }

  /** The metrics that `work` brings about. */
  async sentBy(work: () => Promise<unknown>): Promise<SentMetric[]> {
    this.stdout.metrics();
    await work().catch(() => undefined);
    return this.stdout.metrics();
  }

  sweep(signal?: AbortSignal) {
    const bounds = { ...(signal && { signal }) };
    return this.stack.manager.as({ kind: 'schedule' }).cleanupInactiveSessions(undefined, bounds);
  }

  /** A directory that cannot be removed, as one is that the file system keeps busy. */
  async leaveInTrash(): Promise<void> {
    await mkdir(path.join(this.stack.root, '.trash', 'busy'), { recursive: true });
    const { workspaces } = this.stack.parts;
    const remove = workspaces.removeFromTrash.bind(workspaces);
    jest.spyOn(workspaces, 'removeFromTrash').mockImplementation(async (name, signal) => {
      return name !== 'busy' && remove(name, signal);
    });
  }
}
