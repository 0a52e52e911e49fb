using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Stderr = TorchPort.Stderr;

namespace NotebookDiff;

/// <summary>Starts programs and reads what they print.</summary>
internal static class ChildProcess
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Reads the lines that a program prints; what it says on stderr is handed on when it ends.</summary>
    /// <param name="what">What to call the program in an error.</param>
    /// <param name="remedy">What to do if there is no such program.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="most">How many lines are needed. A program that prints more is killed.</param>
    /// <exception cref="TroubleException">There is no such program, or it fails.</exception>
    internal static List<string> Read(string what, string remedy, string[] command, int most = int.MaxValue)
    {
        using var program = Started(what, remedy, command);
        var said = program.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (program.StandardOutput.ReadLine() is { } line)
        {
            if (lines.Count == most)
            {
                program.Kill(entireProcessTree: true);
                return lines;
            }

            lines.Add(line);
        }

        program.WaitForExit();
        CheckExit(what, program.ExitCode, said.Result);
        return lines;
    }

    private static Process Started(string what, string remedy, string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = s_utf8,
            StandardErrorEncoding = s_utf8,
        };
        try
        {
            var program = Process.Start(start)!;
            program.StandardInput.Close();
            return program;
        }
        catch (Win32Exception e)
        {
            throw new TroubleException($"{what} cannot be started, '{command[0]}': {e.Message}\n{remedy}.");
        }
    }

    private static void CheckExit(string what, int exitCode, string said)
    {
        var lines = TextLines.Lines(said).Where(line => line.Length > 0).Select(TextLines.Visible).ToList();
        if (exitCode != 0)
        {
            throw new TroubleException($"{what} ended with exit code {exitCode}:\n{string.Join('\n', lines.TakeLast(2))}");
        }

        lines.RemoveAll(line => line.StartsWith("Running on ", StringComparison.Ordinal));
        lines.ForEach(Stderr.Say);
    }
}
