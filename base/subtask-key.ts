/** Names one program over one partition: the coordinator knows the subtask by this key, and the store its partial. */
export const subtaskKey = (programKey: string, partitionFingerprint: string): string => `${programKey}:${partitionFingerprint}`;
