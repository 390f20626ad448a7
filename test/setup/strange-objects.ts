/** Objects that are not what they look like, for what must be read with care. */

/** With a field that no enumeration shows. */
export const hidden = (fields: object, name: PropertyKey): unknown =>
  Object.defineProperty({ ...fields }, name, { value: ['read'], enumerable: false });

/** A proxy that throws whatever is done with it. */
export function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** With a field that throws when it is read. */
export function unreadable(name: string, fields: object): unknown {
  const get = () => {
    throw new Error('no');
  };
  return Object.defineProperty({ ...fields }, name, { get, enumerable: true });
}
