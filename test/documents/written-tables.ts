import { EXIT_MEANINGS } from '../../lib/cli/exit-codes.ts';
import { ERRORS } from '../../lib/error-catalogue.ts';
import { sessionEventJsonSchemas, type JsonSchema } from '../../lib/telemetry/events/session-event-json-schemas.ts';
import { allIn, costOf, USAGES } from '../bench/operation-costs.ts';
import { PRICES_OF } from '../bench/prices.ts';
import { objectsTable, routesTable } from './api-tables.ts';
import { markdownOf, type Table } from './markdown.ts';

/** The tables in documents that say again what a table of the code says, by the name in their markers. */
export const WRITTEN_TABLES: Readonly<Record<string, () => Table>> = {
  routes: routesTable,
  objects: objectsTable,
  errors: () => ({
    head: ['code', 'status', 'when'],
    rows: Object.entries(ERRORS).map(([code, { status, when }]) => [`\`${code}\``, String(status), when]),
  }),
  events: eventsTable,
  'operation-costs': () => ({
    head: [`a million calls, in dollars (${PRICES_OF})`, ...Object.keys(costOf('create')), '**all in**'],
    rows: Object.keys(USAGES).map((operation) => [
      operation,
      ...Object.values(costOf(operation)).map((dollars) => dollars.toFixed(2)),
      `**${allIn(operation).toFixed(2)}**`,
    ]),
  }),
  'exit-codes': () => ({
    head: ['exit code', 'meaning'],
    rows: Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  }),
};

function eventsTable(): Table {
  const events = Object.entries<JsonSchema>(sessionEventJsonSchemas);
  const fieldsOf = ({ properties = {} }: JsonSchema) => Object.keys(properties);
  const [, first = {}] = events[0] ?? [];
  const ofAll = fieldsOf(first).filter((field) => events.every(([, schema]) => fieldsOf(schema).includes(field)));
  return {
    head: ['event', `besides ${ofAll.map((field) => `\`${field}\``).join(', ')}`],
    rows: events.map(([type, { properties = {} }]) => {
      const own = Object.entries(properties).filter(([field]) => !ofAll.includes(field));
      const cells = own.map(([field, schema]) => {
        const values = typeof schema === 'object' ? schema.enum?.map((value) => `\`${String(value)}\``) : undefined;
        return `\`${field}\`${values ? ` (${values.join(', ')})` : ''}`;
      });
      return [`\`${type}\``, cells.join(', ')];
    }),
  };
}

const MARKED = /(<!-- table: ([\w-]+), .*-->\n)[\s\S]*?(\n<!-- end of table -->)/g;

export const namesOfTables = (text: string): string[] => [...text.matchAll(MARKED)].map(([, , name = '']) => name);

/** A document with its tables as the code has them. */
export function withTables(text: string): string {
  return text.replaceAll(MARKED, (_whole, begin: string, name: string, end: string) => {
    const table = WRITTEN_TABLES[name];
    if (!table) throw new Error(`There is no table ${name}.`);
    return `${begin}\n${markdownOf(table())}${end}`;
  });
}
