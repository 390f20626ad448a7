const OF_LAMBDA = /^(AWS_LAMBDA_.*|AWS_EXECUTION_ENV|AWS_SAM_LOCAL|_HANDLER)$/;

/** The functions would take themselves for deployed ones, by variables that a Lambda or an emulator of it has left here. */
export function leaveLambda(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (OF_LAMBDA.test(name)) delete env[name];
}
