/**
 * In the functions' bundles this stands in for what reads the configuration files of the AWS SDK (`~/.aws`), which an
 * ordinary Lambda function has not. Looking for them takes time at each cold start.
 */
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });

/** Between the parts of a name in such a file. */
export const CONFIG_PREFIX_SEPARATOR = '.';
