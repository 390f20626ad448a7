import { isErrorCode } from '../../error-catalogue.ts';
import { parseJson } from '../../json/json-text.ts';
import { errorOfCode } from './error-of-code.ts';
import { UnexpectedAnswerError, unknownCode } from './unexpected-answer.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An operation's output; throws the error that the operation threw, and `UnexpectedAnswerError` for what is no answer. */
export function outputOfInvocation(answer: string): unknown {
  const { ok, output, error } = fieldsOf(parsed(answer));
  if (ok === true) return output;
  const { code, message, details } = fieldsOf(ok === false ? error : undefined);
  if (isErrorCode(code)) throw errorOfCode(code, typeof message === 'string' ? message : '', { ...fieldsOf(details) });
  if (typeof code !== 'string') throw new UnexpectedAnswerError('The function answered in a way of its own.');
  const what = unknownCode('The function answered', code, message);
  throw new UnexpectedAnswerError(what, code, { ...fieldsOf(details) });
}

function parsed(answer: string): unknown {
  try {
    return parseJson(answer);
  } catch {
    throw new UnexpectedAnswerError('The function answered with something other than JSON.');
  }
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
