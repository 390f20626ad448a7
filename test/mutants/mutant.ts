/** One change of a source that a test should notice. */
export interface Mutant {
  /** `file#number`, in the order of the source. */
  id: string;
  file: string;
  line: number;
  before: string;
  after: string;
}

/** The function of the global object that instrumented sources ask whether a mutant is the active one. */
export const SWITCH = '__isMutant';
