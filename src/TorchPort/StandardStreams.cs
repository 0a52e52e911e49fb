using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace TorchPort;

/// <summary>The program's standard output, and messages to its standard error.</summary>
internal static partial class StandardStreams
{
    /// <summary>Writes a line to standard error. Ignores write errors, as from a closed or full stream.</summary>
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

    /// <summary>Opens standard output: line by line for a terminal, block-buffered for a file or a pipe.</summary>
    /// <remarks>A write to a closed pipe throws OperationCanceledException, any other failure CommandFailedException.</remarks>
    internal static StreamWriter OpenStdout() =>
        new(new Stdout(OpenStream()), bufferSize: 1 << 16) { NewLine = "\n", AutoFlush = !Console.IsOutputRedirected };

    private static bool IsBrokenPipe(IOException error) => OperatingSystem.IsWindows()
        // ERROR_NO_DATA, ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED, and the error of a second write to such a pipe
        ? (uint)error.HResult is 0x800700E8 or 0x8007006D or 0x800700E9 or 0x80131620
        : error.HResult == 32; // EPIPE

    // The console stream ignores broken-pipe errors, so a long run would continue with no reader; the streams below report
    // them. A FileStream keeps its own file position, but a file opened by the shell shares its position with other processes.
    // Files therefore use the console stream.
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

    // Marks errors of stdout, so that no other IOException is taken for one. StreamWriter calls only Write.
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
                var reason = e is IOException ? e.Message : "it is closed.";
                throw new CommandFailedException($"cannot write to standard output: {reason}");
            }
        }
    }
}
