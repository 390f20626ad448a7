import { StdioTransport } from '../../../lib/mcp-clients/transports/stdio-transport.ts';

/* A process that starts the command of its arguments and exits as soon as that has printed a message. */
const [command = '', ...args] = process.argv.slice(2);
const transport = new StdioTransport({ command, args, directory: process.cwd(), searchPath: process.env.PATH });
transport.onmessage = () => process.exit(0);
await transport.start();
