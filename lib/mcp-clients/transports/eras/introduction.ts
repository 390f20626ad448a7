import * as z from 'zod/mini';
import { isJsonObject } from '../../../json/raw-json.ts';
import { lazily } from '../../../lazily.ts';

/**
 * The two eras of the protocol: since 2026-07-28 every request says all about itself (`modern`), before it a session is
 * initialized (`legacy`).
 */
export type Era = 'modern' | 'legacy';

/** What a server says of itself, and what is spoken with it. */
export interface Introduction {
  era: Era;
  /** False: nothing that the server has said excludes the other era. */
  isCertain?: boolean;
  protocolVersion: string;
  capabilities: Record<string, unknown>;
  serverInfo: ServerInfo;
  /** What else a modern server has answered to `server/discover`. */
  discover?: Record<string, unknown>;
}

const text = () => z.optional(z.string());
/** The fields of the protocol: whatever else a server says may be no attribute of an item. */
const serverInfoSchema = lazily(() =>
  z.object({
    name: z.string(),
    version: z.string(),
    title: text(),
    description: text(),
    websiteUrl: text(),
    icons: z.optional(
      z.array(z.object({ src: z.string(), mimeType: text(), sizes: z.optional(z.array(z.string())), theme: text() })),
    ),
  }),
);

export type ServerInfo = z.infer<ReturnType<typeof serverInfoSchema>>;

/** Nothing for what is none. */
export const serverInfoIn = (value: unknown): ServerInfo | undefined => serverInfoSchema().safeParse(value).data;

/** Of a server that does not say who it is. */
export const NAMELESS: ServerInfo = { name: '', version: '' };

/** The object without members that are null, at any depth; an empty one in the place of what is no object. */
export function withoutNulls(value: unknown): Record<string, unknown> {
  if (!isJsonObject(value)) return {};
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(
    members.map(([name, member]) => [name, isJsonObject(member) ? withoutNulls(member) : member]),
  );
}
