using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorchPort;

/// <summary>What the program prints, on its standard output, and what it says beside that, on its standard error.</summary>
internal static partial class StandardStreams
{
    /// <summary>Says something on standard error. One that is closed or full is no reason to stop.</summary>
    internal static void WriteError(string text)
    {
        try
        {
            Console.Error.Write(text + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Opens standard output. A terminal sees each line at once, a file or a pipe gets them in blocks.</summary>
    /// <remarks>Writing to a closed pipe throws <see cref="OperationCanceledException"/>; other errors are troubles.</remarks>
    internal static StreamWriter OpenStdout() =>
        new(new Stdout(OpenStream()), bufferSize: 1 << 16) { NewLine = "\n", AutoFlush = !Console.IsOutputRedirected };

    // Returns whether the error means that the reader of stdout has closed it.
    private static bool IsBrokenPipe(IOException error) => OperatingSystem.IsWindows()
        // ERROR_NO_DATA, ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED, and what a second write to such a pipe gets
        ? (uint)error.HResult is 0x800700E8 or 0x8007006D or 0x800700E9 or 0x80131620
        : error.HResult == 32; // EPIPE

    // The console's own stream swallows the error of a closed pipe, so that a long run would go on for nobody; the streams below
    // report it. A FileStream keeps its own position in a file, but a file that the shell opened has a shared one: such a
    // file gets the console's stream.
    private static Stream OpenStream()
    {
        if (OperatingSystem.IsWindows())
        {
            const int StandardOutput = -11, Pipe = 3;
            var handle = GetStdHandle(StandardOutput);
            return GetFileType(handle) == Pipe
                ? new AnonymousPipeClientStream(PipeDirection.Out, new SafePipeHandle(handle, ownsHandle: false))
                : Console.OpenStandardOutput();
        }

        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial nint GetStdHandle(int stdHandle);

    [LibraryImport("kernel32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetFileType(nint handle);

    // Throws errors of stdout as such, so that no other error is taken for one. Of a stream, StreamWriter calls Write alone.
    private sealed class Stdout(Stream stream) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (IOException e) when (IsBrokenPipe(e))
            {
                throw new OperationCanceledException(e.Message, e);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var why = e is IOException ? e.Message : "it is closed.";
                throw new CommandFailedException($"cannot write to standard output: {why}");
            }
        }
    }
}
