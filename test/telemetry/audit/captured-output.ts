import { jest } from '@jest/globals';

/** Everything that is written while it is installed: the default logger's lines, and whatever else. */
export function captureOutput() {
  const lines: string[] = [];
  const note = (written: unknown) => {
    lines.push(String(written));
    return true;
  };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation(note),
    jest.spyOn(process.stderr, 'write').mockImplementation(note),
    ...(['log', 'info', 'warn', 'error', 'debug'] as const).map((name) =>
      jest.spyOn(console, name).mockImplementation(note),
    ),
  ];
  return { lines, restore: () => spies.forEach((spy) => spy.mockRestore()) };
}
