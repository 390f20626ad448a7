/** A number with the digits that it came with: `JSON.stringify` writes `rawJSON` as it is. */
export interface RawJson {
  readonly rawJSON: string;
}

/** As the language has them; TypeScript does not declare them. */
const language = JSON as unknown as {
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): boolean;
};

export const rawJson = (text: string): RawJson => language.rawJSON(text);

/**
 * Whether a number that `JSON.parse` has read may differ from its text, such as 9007199254740993 or 1e400. Rounded decimals
 * are not recognized.
 */
export const mayBeRounded = (value: number): boolean =>
  !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));

export const isRawJson = (value: unknown): value is RawJson => language.isRawJSON(value);

/** Not a number with digits of its own, which is an object to the language. */
export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
