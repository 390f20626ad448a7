interface HeaderForm {
  write: (field: string | number) => string;
  /** What is not of the form is left as it is. */
  read: (text: string) => string | number;
}

const isoOf = (text: string) => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString());
const asText: HeaderForm = { write: String, read: (text) => text };

/** How a header writes a field of an output, where it is not the same text. Times are in whole seconds. */
const FORMS: Readonly<Record<string, HeaderForm>> = {
  'content-length': { write: String, read: Number },
  'last-modified': { write: (field) => new Date(field).toUTCString(), read: isoOf },
};

export const formOfHeader = (name: string): HeaderForm => FORMS[name] ?? asText;
