using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

// The tests wait for programs that they start, most of the time.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]

namespace TorchPort.Tests;

/// <summary>Starts the port, its scripts and other programs.</summary>
internal static class Start
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_scripts = [];

    /// <summary>The command that starts the port: what the variable TORCHPORT names, or the build beside the tests.</summary>
    internal static string[] PortCommand { get; } =
        Environment.GetEnvironmentVariable("TORCHPORT") is { } published ? [published] : [DotNet, Beside("TorchPort.dll")];

    /// <summary>The command that starts the diff, which the build laid beside the tests.</summary>
    internal static string[] DiffCommand { get; } = [DotNet, Beside("NotebookDiff.dll")];

    /// <summary>The root of the repository that the tests were built in.</summary>
    internal static string Repository { get; } = FindRepository(AppContext.BaseDirectory);

    /// <summary>The repository's notebook.</summary>
    internal static string Notebook { get; } = Path.Combine(Repository, "src/TorchPort/gradient-descent.ipynb");

    /// <summary>The folder of NuGet's packages.</summary>
    internal static string Packages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    /// <summary>One of the files in data/, as it is.</summary>
    internal static string Data(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data", name));

    /// <summary>Runs the port.</summary>
    internal static Outcome Port(params string[] arguments) => Command(PortCommand, arguments);

    /// <summary>Runs the diff.</summary>
    internal static Outcome Diff(params string[] arguments) => Command(DiffCommand, arguments);

    /// <summary>Runs a C# script of scripts/, built once.</summary>
    internal static Outcome Script(string name, params string[] arguments) =>
        Program(DotNet, [ScriptProgram(name), .. arguments]);

    /// <summary>The program that a C# script of scripts/ is built to.</summary>
    internal static string ScriptProgram(string name) =>
        s_scripts.GetOrAdd(name, name => new(() => Build($"scripts/{name}"))).Value;

    /// <summary>Builds a project or a script of the repository, and says where its DLL is.</summary>
    internal static string Build(string project, params string[] options)
    {
        string[] target = ["-t:Build", "-getProperty:TargetPath"];
        var built = Program(DotNet, ["build", Path.Combine(Repository, project), .. target, .. options]);
        Assert.Equal((0, ""), (built.ExitCode, built.Stderr));
        return built.Stdout.TrimEnd();
    }

    /// <summary>A build file with a target that writes to stdout past MSBuild, as those of the CUDA packages do.</summary>
    internal static string Noise(string target) => $"""
        <Project>
          <UsingTask TaskName="Noise" TaskFactory="RoslynCodeTaskFactory"
                     AssemblyFile="$(MSBuildToolsPath)/Microsoft.Build.Tasks.Core.dll">
            <Task><Code Type="Fragment" Language="cs">System.Console.WriteLine("noise");</Code></Task>
          </UsingTask>
          <Target Name="{target}" AfterTargets="ResolvePackageAssets"><Noise /></Target>
        </Project>
        """;

    /// <summary>Writes a program of one line of shell.</summary>
    internal static void WriteProgram(string file, string line)
    {
        File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Runs a line of shell, in which "$@" is a command, or else the port.</summary>
    internal static Outcome Shell(string line, string[]? command = null) =>
        Program("/bin/sh", ["-c", line, "sh", .. command ?? PortCommand]);

    /// <summary>Runs a command with more arguments.</summary>
    internal static Outcome Command(string[] command, string[] arguments, params (string Name, string Value)[] environment) =>
        Program(command[0], [.. command[1..], .. arguments], environment);

    /// <summary>Runs a program.</summary>
    internal static Outcome Program(string program, string[] arguments, params (string Name, string Value)[] environment) =>
        Feed("", program, arguments, environment);

    /// <summary>Runs a program that reads a text.</summary>
    internal static Outcome Feed(
        string input, string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var stdout = ReadBytes(process.StandardOutput.BaseStream);
        var stderr = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all.
        }

        process.WaitForExit();
        return new Outcome(process.ExitCode, stdout.Result, stderr.Result.ReplaceLineEndings("\n"));
    }

    // A reader of text would take a BOM away.
    private static async Task<string> ReadBytes(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes).ConfigureAwait(false);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The .NET that runs the tests.</summary>
    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Beside(string program) => Path.Combine(AppContext.BaseDirectory, program);

    private static string FindRepository(string folder) =>
        File.Exists(Path.Combine(folder, "TorchPort.sln")) ? folder : FindRepository(Path.GetDirectoryName(folder)!);
}
