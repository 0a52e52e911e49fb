using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

// The tests wait for programs that they start, most of the time.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]

namespace TorchPort.Tests;

/// <summary>Starts the port, the diff, the scripts and other programs.</summary>
internal static class TestProcess
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_scripts = [];

    // TorchSharp loads libtorch in this process, and on macOS needs what the program loads first.
    [System.Runtime.CompilerServices.ModuleInitializer]
    internal static void LoadOpenMP() => Backend.LoadOpenMP();

    /// <summary>The .NET that runs the tests.</summary>
    internal static string DotNet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The command that starts the port: what the variable TORCHPORT names, or the build beside the tests.</summary>
    internal static string[] PortCommand { get; } =
        Environment.GetEnvironmentVariable("TORCHPORT") is { } published ? [published] : [DotNet, InTestFolder("TorchPort.dll")];

    internal static string[] DiffCommand { get; } = [DotNet, InTestFolder("NotebookDiff.dll")];
    internal static string RepositoryRoot { get; } = FindRepository(AppContext.BaseDirectory);
    internal static string Notebook { get; } = Path.Combine(RepositoryRoot, "src/TorchPort/gradient-descent.ipynb");
    internal static string NuGetPackages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");

    /// <summary>One of the files in data/, as it is.</summary>
    internal static string ReadData(string name) => File.ReadAllText(InTestFolder($"data/{name}"));

    /// <summary>A new folder, which is deleted when the tests end.</summary>
    internal static string CreateTempFolder(string prefix = "")
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    /// <summary>Writes a program of one line of shell.</summary>
    internal static void WriteShellScript(string file, string line)
    {
        File.WriteAllText(file, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>The program that a C# script of scripts/ is built to, once.</summary>
    internal static string BuildScript(string name) =>
        s_scripts.GetOrAdd(name, name => new(() => Build($"scripts/{name}"))).Value;

    /// <summary>Builds a project or a script of the repository, and says where its DLL is.</summary>
    internal static string Build(string project, params string[] options)
    {
        string[] target = ["-t:Build", "-getProperty:TargetPath"];
        var built = Run(DotNet, ["build", Path.Combine(RepositoryRoot, project), .. target, .. options]);
        Assert.Equal((0, ""), (built.ExitCode, built.Stderr));
        return built.Stdout.TrimEnd();
    }

    internal static ProcessResult RunPort(params string[] arguments) => RunCommand(PortCommand, arguments);
    internal static ProcessResult RunDiff(params string[] arguments) => RunCommand(DiffCommand, arguments);

    /// <summary>Runs a line of shell, in which "$@" is a command, or else the port.</summary>
    internal static ProcessResult RunShell(string line, string[]? command = null) =>
        Run("/bin/sh", ["-c", line, "sh", .. command ?? PortCommand]);

    /// <summary>Runs a command with more arguments.</summary>
    internal static ProcessResult RunCommand(string[] command, string[] arguments, params (string, string)[] environment) =>
        Run(command[0], [.. command[1..], .. arguments], environment);

    internal static ProcessResult Run(string program, string[] arguments, params (string, string)[] environment) =>
        RunWithInput("", program, arguments, environment);

    /// <summary>Runs a program that reads a text.</summary>
    internal static ProcessResult RunWithInput(string input, string program, string[] arguments, params (string, string)[] environment)
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
        // A BOM, which the process's own reader would take away, stays.
        using var reader = new StreamReader(process.StandardOutput.BaseStream, new UTF8Encoding(false), false);
        var stdout = reader.ReadToEndAsync();
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
        return new ProcessResult(process.ExitCode, stdout.Result, stderr.Result.ReplaceLineEndings("\n"));
    }

    private static string InTestFolder(string file) => Path.Combine(AppContext.BaseDirectory, file);

    private static string FindRepository(string folder) =>
        File.Exists(Path.Combine(folder, "TorchPort.sln")) ? folder : FindRepository(Path.GetDirectoryName(folder)!);
}
