namespace TorchPort;

/// <summary>An expected failure, shown without stack trace. The message says why and what to do, in one to three lines.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
