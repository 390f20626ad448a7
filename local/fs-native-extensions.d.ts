/** The package has no types. */
declare module 'fs-native-extensions' {
  const extensions: {
    /** Exclusive, on the whole file, until the file is closed. False: another process has it. */
    tryLock(fd: number): boolean;
  };
  export default extensions;
}
