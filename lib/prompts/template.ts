import Mustache from 'mustache';

/** What a template may refer to. Values are data: a template in a value is text. */
export type TemplateView = Readonly<Record<string, unknown>>;

/** How deep sections may lie in sections. */
const MAX_DEPTH = 20;
/** Look-ups and rounds of sections: a list in a list in a list ends here. */
const MAX_STEPS = 10_000;
/** The engine's search for the end of a tag takes the square of such a run. */
const TOO_MUCH_SPACE = /\s{500}/;

type Token = [type: string, name: string, start: number, end: number, children?: Token[]];
const isSection = ([type]: Token) => type === '#' || type === '^';

/** What is wrong with a Mustache template, if anything. */
export function problemOfTemplate(template: string): string | undefined {
  if (TOO_MUCH_SPACE.test(template)) return 'has 500 characters of white space in a row';
  let level: Token[];
  try {
    level = new Mustache.Writer().parse(template) as Token[];
  } catch (thrown) {
    return `is not a template: ${thrown instanceof Error ? thrown.message : 'cannot be read'}`;
  }
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MAX_DEPTH && level.some(isSection)) return `has sections more than ${MAX_DEPTH} deep`;
    if (level.some(([type]) => type === '>')) return 'has a partial ({{> …}}), and there are none';
    level = level.filter(isSection).flatMap(([, , , , children = []]) => children);
  }
  return undefined;
}

/** The template with the view's own values in it, as plain text: nothing is escaped. Throws if it grows beyond bounds. */
export function renderTemplate(template: string, view: TemplateView, maxCharacters: number): string {
  return new PlainTextWriter(maxCharacters).render(template, new OwnValues(view, { left: MAX_STEPS }));
}

/** What a template makes has no room, or takes too many steps to make. */
export class TemplateTooLarge extends Error {
  override readonly name = 'TemplateTooLarge';
}

interface Steps {
  left: number;
}

/** Looks up a value's own properties only: nothing that objects inherit, and so no function, is ever reached. */
class OwnValues extends Mustache.Context {
  private readonly outer: OwnValues | undefined;
  private readonly steps: Steps;

  constructor(view: unknown, steps: Steps, outer?: OwnValues) {
    super(view, outer);
    this.outer = outer;
    this.steps = steps;
  }

  override push(view: unknown): OwnValues {
    this.step();
    return new OwnValues(view, this.steps, this);
  }

  override lookup(name: string): unknown {
    this.step();
    if (name === '.') return this.view as unknown;
    const [first = '', ...rest] = name.split('.');
    return rest.reduce(own, this.find(first));
  }

  private find(name: string): unknown {
    const found = isObject(this.view) && Object.hasOwn(this.view, name);
    return found ? own(this.view, name) : this.outer?.find(name);
  }

  private step(): void {
    if (this.steps.left-- <= 0) throw new TemplateTooLarge('the template takes too many steps');
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const own = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

/** Counts what it writes, keeps no templates, and writes lists and objects as JSON. */
class PlainTextWriter extends Mustache.Writer {
  /** Not kept: an instance lives for days. */
  readonly templateCache = undefined;
  private left: number;

  constructor(maxCharacters: number) {
    super();
    this.left = maxCharacters;
  }

  override rawValue([, text]: string[]): string {
    return this.counted(text ?? '');
  }

  override escapedValue([, name]: string[], context: Mustache.Context): string {
    const value = context.lookup(name as string) as string | number | boolean | object | null | undefined;
    if (value === undefined || value === null) return '';
    return this.counted(isObject(value) ? JSON.stringify(value) : String(value));
  }

  override unescapedValue(token: string[], context: Mustache.Context): string {
    return this.escapedValue(token, context);
  }

  private counted(text: string): string {
    this.left -= text.length;
    if (this.left < 0) throw new TemplateTooLarge('the template grows too large');
    return text;
  }
}
