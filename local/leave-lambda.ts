const OF_LAMBDA = /^(AWS_LAMBDA_.*|AWS_EXECUTION_ENV|AWS_SAM_LOCAL|_HANDLER|POWERTOOLS_.*)$/;

/**
 * Removes what a Lambda, an emulator of it or its developer has left in the environment. The functions would take themselves
 * for deployed ones, and `POWERTOOLS_DEV` would write each JSON line of the log as many.
 */
export function leaveLambda(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (OF_LAMBDA.test(name)) delete env[name];
}
