using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchPort;

/// <summary>The libtorch that this build includes or locates.</summary>
internal static partial class Backend
{
    /// <summary>The build's <c>-p:TorchBackend</c>: <c>cpu</c>, <c>cuda</c> or <c>external</c>.</summary>
    internal static string Name { get; } = GetMetadata("TorchBackend");

    /// <summary>The libtorch version that TorchSharp targets. Reading <c>torch.__version__</c> would load libtorch.</summary>
    internal static string LibTorchVersion { get; } = GetMetadata("LibTorchVersion");

    internal static void Load()
    {
        _ = LoadOpenMP();
        var library = OperatingSystem.IsWindows() ? "LibTorchSharp.dll"
            : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib" : "libLibTorchSharp.so";
        try
        {
            // TorchSharp would load it on first use, but on failure it prints pages of output to stdout.
            _ = NativeLibrary.Load(Path.Combine(AppContext.BaseDirectory, library));
        }
        catch (DllNotFoundException e)
        {
            var loaderError = e.Message.TrimEnd().Split('\n')[^1].Trim();
            throw new CommandFailedException($"cannot load libtorch: {GetLoadError(loaderError)}");
        }

        // At exit, libtorch unregisters its operators one by one, which takes a third as long as loading it. The system frees
        // the memory anyway. Exit handlers run in reverse order of registration, so this one ends the process before libtorch's.
        if (OperatingSystem.IsLinux())
        {
            _ = OnExit(NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "_exit"), 0);
        }
    }

    // On macOS, libtorch references Homebrew's libomp.dylib by its full path. The copy next to the program has the same install
    // name, so loading it first satisfies that reference.
    internal static bool LoadOpenMP() =>
        OperatingSystem.IsMacOS() && NativeLibrary.TryLoad(Path.Combine(AppContext.BaseDirectory, "libomp.dylib"), out _);

    /// <summary>Returns the loader's error and a hint for fixing it, in two or three lines.</summary>
    internal static string GetLoadError(string loaderError)
    {
        // The loader reports an unreadable library as missing.
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            try
            {
                File.OpenRead(file).Dispose();
            }
            catch (UnauthorizedAccessException)
            {
                return $"user {Environment.UserName} cannot read {file}\n"
                    + $"As its owner, run: chmod -R a+rX '{AppContext.BaseDirectory}'";
            }
        }

        (string[] Patterns, string Hint)[] hints =
        [
            (["version `GLIBC"], "It needs glibc 2.34 and GCC 12's libstdc++ or later. Use Debian 12, Ubuntu 22.04 or later."),
            (["cannot allocate memory", "failed to map segment", "cannot map"],
                "Not enough memory to load it. Check ulimit -v and the container's memory limit."),
            (["libstdc++.so.6: cannot open"], "Install libstdc++: apt-get install libstdc++6"),
            (["libLibTorchSharp", "libtorch", "libc10", "libgomp"], MissingLibraryHint),
            ([".so"], $"Install the system package that provides {loaderError.Split(':')[0]}."),
            ([""], MissingLibraryHint),
        ];
        bool Matches(string pattern) => loaderError.Contains(pattern, StringComparison.OrdinalIgnoreCase);
        return $"{loaderError}\n{hints.First(row => row.Patterns.Any(Matches)).Hint}";
    }

    internal static string MissingLibraryHint => Name switch
    {
        "external" =>
            $"This build requires libtorch {LibTorchVersion}.\nAdd its folder to LD_LIBRARY_PATH, or use run-on-pytorch.sh.",
        _ when OperatingSystem.IsWindows() =>
            "Install the Visual C++ Redistributable (x64) 14.40 or later. If you have it, rebuild or republish.",
        _ when OperatingSystem.IsMacOS() => "Rebuild or republish. If libomp.dylib is missing, run: brew install libomp",
        _ => "Rebuild or republish to restore the missing library.",
    };

    private static string GetMetadata(string key) =>
        typeof(Backend).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == key).Value!;

    // glibc: at exit, calls the function with the exit code and the argument.
    [LibraryImport("libc.so.6", EntryPoint = "on_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OnExit(nint function, nint argument);
}
