using Microsoft.Win32.SafeHandles;

namespace TorchPort;

/// <summary>The program's standard output: UTF-8 without BOM, <c>\n</c> on every system.</summary>
internal static class Stdout
{
    /// <summary>What the system says of a pipe that nobody reads any more: EPIPE, on Linux and macOS.</summary>
    internal const int BrokenPipe = 32;

    /// <summary>Opens it. A terminal sees each line at once, a file or a pipe gets them in blocks.</summary>
    internal static StreamWriter Open() =>
        new(OpenStream(), bufferSize: 1 << 16) { NewLine = "\n", AutoFlush = !Console.IsOutputRedirected };

    // The console's own stream swallows the error of a broken pipe, so that a long run would go on for nobody; a FileStream
    // reports it. A FileStream in turn keeps a position of its own, where a file that the shell opened has one that it
    // shares: such a file is left to the console's stream.
    private static Stream OpenStream()
    {
        if (!OperatingSystem.IsWindows())
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            if (!stream.CanSeek)
            {
                return stream;
            }
        }

        return Console.OpenStandardOutput();
    }
}
